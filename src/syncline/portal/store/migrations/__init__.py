"""The portal's migrations, oldest first."""
