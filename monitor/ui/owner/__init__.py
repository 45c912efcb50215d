"""What is shown while another program holds the data folder."""
