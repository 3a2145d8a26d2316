"""How notices leave the house: mail over SMTP, and webhooks signed after Standard Webhooks."""
