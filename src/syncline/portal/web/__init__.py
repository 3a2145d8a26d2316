"""What the portal answers over HTTP: one module per area of HubSpot's API, and the onion around them."""
