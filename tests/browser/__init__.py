"""The pages in a real Chromium. Without one these tests fail, and say how to install it: they are never skipped."""
