"""Emergency plans (应急预案): trees of tasks written beforehand, started by one press."""
