"""The pages in a real Chromium. Without one they do not run, and the end of the run says so and how to install it."""
