"""Vertex animation textures: a head that a material moves, in Unity, Unreal or any engine with shaders."""
