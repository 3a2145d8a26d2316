"""What every web page of ours is made of: layout, pieces, styles, forms, and the rules a browser is held to."""
