"""What listens to the service's API. Empty as yet: the first integrations come with the API itself."""
