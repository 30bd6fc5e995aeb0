"""An event bus, against what EventBridge refuses."""
