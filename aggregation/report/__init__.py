"""What the pages of the report read: findings, never votes. Dataclasses ready for templates."""
