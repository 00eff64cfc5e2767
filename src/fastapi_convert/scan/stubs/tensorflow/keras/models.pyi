# What scan needs to know of tensorflow.keras.models.
from keras import Model, Sequential as Sequential

def load_model(filepath, *args, **kw) -> Model: ...
