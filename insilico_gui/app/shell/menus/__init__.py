"""What the window adds to the menus of its viewer: File, Edit, View and Help.

What a line does is in ``shell``; dialogs that a menu opens alone are here.
"""
