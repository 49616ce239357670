"""Pages for people: what they show, whom they let in, what they change."""
