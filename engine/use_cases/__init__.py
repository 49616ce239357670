"""What a person, or the date, can do: one public function each, `now` always an argument."""
