# What scan needs to know of agno.team.team.
from agno.team import Team as Team
