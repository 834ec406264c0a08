"""Tests of what runs in the pretended cluster: kubelet, controllers, streams."""
