"""What a receiver does with what arrives: docs/playing.md, rule by rule."""
