"""Where accounts and their users are kept: tables, commands that change them, and reads."""
