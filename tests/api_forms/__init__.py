"""Does the form language read, refuse and show answers as people expect?"""
