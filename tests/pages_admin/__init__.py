"""Pages for those who look after units, people and the installation."""
