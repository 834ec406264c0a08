"""Tests of what runs in the fake cluster: kubelet, controllers, streams."""
