"""The house keeps its promises: arrows, names, files that hold only what they may."""
