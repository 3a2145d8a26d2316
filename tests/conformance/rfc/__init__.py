"""The examples of RFC 7643 and RFC 7644 as files, named after their sections."""
