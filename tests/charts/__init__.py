"""Do the charts say what their numbers say?"""
