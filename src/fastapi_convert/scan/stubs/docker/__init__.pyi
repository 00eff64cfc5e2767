# What scan needs to know of docker.
from docker.models.containers import ContainerCollection
from docker.models.images import ImageCollection
from docker.models.networks import NetworkCollection
from docker.models.volumes import VolumeCollection

class DockerClient:
    containers: ContainerCollection
    images: ImageCollection
    networks: NetworkCollection
    volumes: VolumeCollection
    @classmethod
    def from_env(cls, **kw) -> DockerClient: ...

def from_env(**kw) -> DockerClient: ...
