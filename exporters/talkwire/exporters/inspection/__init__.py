"""What is in a glTF file, what each part weighs, and how near it is to the sound that it came from."""
