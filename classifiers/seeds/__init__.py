"""Short comments written for this project, in the tone of chats, forums, reviews and social
networks; one file per kind."""
