"""What tests stand on: a real PostgreSQL, a real SMTP server, a real browser, a real PKCS#11 token."""
