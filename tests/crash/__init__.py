"""Is anything lost or doubled when the running installation is killed with kill -9, again and again?"""
