"""How AWS is talked to, whatever the service: clients, errors, roles to assume, quotas to stay under."""
