"""Pictures one after the other become one animation."""
