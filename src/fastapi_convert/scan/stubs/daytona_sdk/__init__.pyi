# What scan needs to know of daytona_sdk.
from daytona import AsyncDaytona as AsyncDaytona
from daytona import AsyncSandbox as AsyncSandbox
from daytona import Daytona as Daytona
from daytona import Sandbox as Sandbox
