"""Dermoscopic structures, found and located by image analysis: each says where it sees what."""
