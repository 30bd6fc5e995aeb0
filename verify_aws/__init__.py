"""`python -m verify_aws`: deploys a throw-away stack to a real account, looks whether all of it works, removes it."""
