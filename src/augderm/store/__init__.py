"""What is kept: the database's tables and sessions, its migrations, and the blobs of images."""
