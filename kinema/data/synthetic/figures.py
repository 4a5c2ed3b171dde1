from kinema.data.synthetic.backdrop import texture
LABELS=("stand",)
room=texture
def draw(stage,label): raise NotImplementedError
