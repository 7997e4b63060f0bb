"""What must hold after a drill, each as a function that returns a finding."""
