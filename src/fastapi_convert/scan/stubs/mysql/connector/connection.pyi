# What scan needs to know of mysql.connector.connection.
from mysql.connector import MySQLConnection as MySQLConnection
