# What scan needs to know of tensorflow.keras.
from keras import Model as Model
from keras import Sequential as Sequential
