class Shelf:
    objects = []


class World:
    def __init__(self):
        self.objects = []


world = World()
