// A vertex of a talkwire vertex animation texture at a time, between two frames. MIT, to copy.
// Numbers come from the .vat.json: Fps, Frames, RowStep (lookup.row_step). Uv1 is the mesh's second UV set.
// Textures: no sRGB, no compression, no mipmaps, no resizing. Written for --vat-texels half or float.

float3 TalkwireTexel(Texture2D Picture, float2 Uv1, float Frame, float RowStep)
{
    uint width, height;
    Picture.GetDimensions(width, height);
    float2 uv = Uv1 + float2(0, RowStep * Frame);
    return Picture.Load(int3(uv * float2(width, height), 0)).rgb;
}

float3 TalkwireBetween(Texture2D Picture, float2 Uv1, float Seconds, float Fps, float Frames, float RowStep)
{
    float at = clamp(Seconds * Fps, 0, Frames - 1);
    float frame = floor(at);
    float3 one = TalkwireTexel(Picture, Uv1, frame, RowStep);
    float3 next = TalkwireTexel(Picture, Uv1, min(frame + 1, Frames - 1), RowStep);
    return lerp(one, next, at - frame);
}

// Unity: Shader Graph, Custom Function in the vertex stage, this file, name "Talkwire".
// Inputs Position and Normal in object space, Uv1 of UV1; outputs to the vertex block.
#ifdef UNITY_COMMON_INCLUDED
void Talkwire_float(
    UnityTexture2D Positions, UnityTexture2D Normals, float2 Uv1, float3 Position, float3 Normal,
    float Seconds, float Fps, float Frames, float RowStep, out float3 OutPosition, out float3 OutNormal)
{
    OutPosition = Position + TalkwireBetween(Positions.tex, Uv1, Seconds, Fps, Frames, RowStep);
    OutNormal = normalize(Normal + TalkwireBetween(Normals.tex, Uv1, Seconds, Fps, Frames, RowStep));
}
#endif
