"""The watch: what the record means, who must know, who has answered."""
