"""What a search costs a person with very many messages, beside few and very many of others."""
