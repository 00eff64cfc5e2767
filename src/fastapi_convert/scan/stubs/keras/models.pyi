# What scan needs to know of keras.models.
from keras import Model as Model
from keras import Sequential as Sequential

def load_model(filepath, *args, **kw) -> Model: ...
