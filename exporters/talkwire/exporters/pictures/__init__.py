"""What a person looks at: video, stills and diagrams."""
