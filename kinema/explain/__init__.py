"""Why a network answers as it does: where it looks, what its first layer sees, how it lays clips out."""
