"""The vision transformer whose layers the EEG and the vertex models are built on."""
