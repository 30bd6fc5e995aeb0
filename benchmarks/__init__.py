"""What the poller costs, beside one written as tutorials write it. Run on purpose; what is exact is a test as well."""
