// GLSL ES 3.00 of the head: a studio's soft light, shadow, skin, eyes and hair, after runtime/render_shaders.py.
// Everything is computed in linear light; the end tone-maps (Khronos PBR Neutral) and encodes sRGB.

export const SHADOW_VERTEX = `
uniform mat4 light, modelMatrix;
in vec3 position;
void main() { gl_Position = light * modelMatrix * vec4(position, 1.0); }
`;

export const SHADOW_FRAGMENT = `
precision mediump float;
void main() {}
`;

export const BACKDROP_VERTEX = `
out vec2 at;
void main() {
  at = vec2(float((gl_VertexID << 1) & 2), float(gl_VertexID & 2));
  gl_Position = vec4(at * 2.0 - 1.0, 1.0, 1.0);
}
`;

export const BACKDROP_FRAGMENT = `
precision highp float;
uniform float aspect;
in vec2 at;
out vec4 color;
void main() {
  vec2 from = (at - vec2(0.5, 0.52)) * vec2(max(aspect, 1.0), 1.0);
  float glow = exp(-4.5 * dot(from, from));
  vec3 wall = mix(vec3(0.051, 0.057, 0.067), vec3(0.205, 0.220, 0.245), glow);
  float dither = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5;
  color = vec4(wall + dither / 255.0, 1.0);
}
`;

export const HEAD_VERTEX = `
uniform mat4 projectionMatrix, viewMatrix, modelMatrix, light;
in vec3 position, normal;
in vec2 uv;
out vec3 at, facing;
out vec2 texel;
out vec4 in_light;
void main() {
  vec4 world = modelMatrix * vec4(position, 1.0);
  at = world.xyz;
  facing = mat3(modelMatrix) * normal;
  texel = uv;
  // moved a little along the normal: no shadow acne on slanted skin
  in_light = light * vec4(world.xyz + normalize(facing) * 0.0015, 1.0);
  gl_Position = projectionMatrix * viewMatrix * world;
}
`;

/** The bare colour of the texture. */
export const PICTURE_FRAGMENT = `
precision highp float;
uniform sampler2D skin;
in vec2 texel;
out vec4 color;
void main() {
  vec3 c = texture(skin, texel).rgb;
  vec3 bright = 1.055 * pow(max(c, vec3(1e-6)), vec3(1.0 / 2.4)) - 0.055;
  color = vec4(mix(c * 12.92, bright, step(0.0031308, c)), 1.0);
}
`;

export const HEAD_FRAGMENT = `
precision highp float;
precision highp sampler2DShadow;
uniform sampler2D skin;
uniform sampler2DShadow shadow;
uniform vec3 cameraPosition, key_direction;
uniform float roughness, specular;
uniform float scatter;  // how far light travels under the surface, 0..1
uniform float gloss;    // weight of the mirrored studio, 0..1
uniform float rim;      // how much of the light from behind reaches it: none inside the mouth
uniform float strands;  // 1 for hair: highlight across the strands, which run along v
in vec3 at, facing;
in vec2 texel;
in vec4 in_light;
out vec4 color;

const vec3 FILL_DIRECTION = vec3(0.7517, 0.1002, 0.6515);
const vec3 RIM_DIRECTION = vec3(0.6753, 0.3799, -0.6331);
const vec3 BACK_DIRECTION = vec3(-0.7321, 0.3014, -0.6029);
const vec3 KEY = vec3(2.05, 1.95, 1.84);
const vec3 FILL = vec3(0.62, 0.65, 0.70);
const vec3 RIM = vec3(0.95, 1.0, 1.08);
const vec3 SKY = vec3(0.50, 0.53, 0.58);
const vec3 GROUND = vec3(0.27, 0.24, 0.22);

float lit() {
  vec3 p = in_light.xyz / in_light.w * 0.5 + 0.5;
  float width = 1.6 / 1024.0;
  float sum = texture(shadow, vec3(p.xy, p.z - 0.0008));
  sum += texture(shadow, vec3(p.xy + vec2(1.0, 0.4) * width, p.z - 0.0008));
  sum += texture(shadow, vec3(p.xy + vec2(-0.4, 1.0) * width, p.z - 0.0008));
  sum += texture(shadow, vec3(p.xy + vec2(-1.0, -0.4) * width, p.z - 0.0008));
  sum += texture(shadow, vec3(p.xy + vec2(0.4, -1.0) * width, p.z - 0.0008));
  return sum / 5.0;
}

vec3 wrapped(float cosine, vec3 wrap) {
  return max(vec3(0.0), (vec3(cosine) + wrap) / ((1.0 + wrap) * (1.0 + wrap)));
}

float ggx(vec3 n, vec3 v, vec3 l, float rough) {
  vec3 h = normalize(v + l);
  float a2 = rough * rough * rough * rough;
  float nh = max(dot(n, h), 0.0), nl = max(dot(n, l), 0.0), lh = max(dot(l, h), 0.1);
  float d = nh * nh * (a2 - 1.0) + 1.0;
  return nl * a2 / (3.14159 * d * d) / (4.0 * lh * lh * (rough + 0.5));
}

float softbox(vec3 r, vec3 towards, float size, float blur) {
  return smoothstep(size + blur, size - blur, acos(clamp(dot(r, towards), -1.0, 1.0)));
}

float strand_highlight(vec3 t, vec3 h, float power) {
  float th = dot(t, h);
  return pow(max(1.0 - th * th, 0.0), power);
}

vec3 neutral_tonemap(vec3 c) {
  float low = min(c.r, min(c.g, c.b));
  c -= low < 0.08 ? low - 6.25 * low * low : 0.04;
  float peak = max(c.r, max(c.g, c.b));
  if (peak < 0.76) return c;
  float pressed = 1.0 - 0.24 * 0.24 / (peak + 0.24 - 0.76);
  return mix(c * pressed / peak, vec3(pressed), 1.0 - 1.0 / (0.15 * (peak - pressed) + 1.0));
}

void main() {
  vec3 albedo = texture(skin, texel).rgb;
  vec3 n = normalize(facing);
  vec3 v = normalize(cameraPosition - at);
  vec3 p_x = dFdx(at), p_y = dFdy(at);
  vec2 uv_x = dFdx(texel), uv_y = dFdy(texel);
  if (!gl_FrontFacing) n = -n;
  float shade = lit();
  vec3 soft_shade = pow(vec3(shade), mix(vec3(1.0), vec3(0.75, 1.1, 1.2), scatter));
  vec3 wrap = scatter * vec3(0.42, 0.20, 0.14);

  vec3 diffuse = KEY * wrapped(dot(n, key_direction), wrap) * soft_shade
    + FILL * wrapped(dot(n, FILL_DIRECTION), wrap + 0.2)
    + RIM * 0.35 * rim * (wrapped(dot(n, RIM_DIRECTION), wrap) + wrapped(dot(n, BACK_DIRECTION), wrap))
    + mix(GROUND, SKY, n.y * 0.5 + 0.5) * mix(vec3(1.0), vec3(1.04, 1.0, 0.97), scatter);
  vec3 c = albedo * diffuse * 0.60;

  float fresnel = pow(1.0 - max(dot(n, v), 0.12), 5.0);
  // painted darkness is where light does not reach: nothing glints there (the mouth's inside, nostrils)
  float reached = mix(1.0, smoothstep(0.02, 0.14, dot(albedo, vec3(0.333))), scatter);
  float f0 = 0.08 * specular * reached;
  float f = f0 + (reached - f0) * fresnel * (1.0 - 0.75 * roughness);
  if (strands > 0.5) {
    float area = uv_x.x * uv_y.y - uv_x.y * uv_y.x;
    vec3 along = (p_y * uv_x.x - p_x * uv_y.x) * sign(area);
    vec3 t = normalize(along - n * dot(n, along) + 1e-9);
    float jitter = (dot(albedo, vec3(0.33)) - 0.08) * 2.5;
    t = normalize(t + n * jitter);
    vec3 h = normalize(v + key_direction), hr = normalize(v + RIM_DIRECTION);
    float towards_key = smoothstep(-0.1, 0.5, dot(n, key_direction)) * shade;
    c += towards_key * KEY * specular * (0.10 * strand_highlight(t, h, 90.0)
      + albedo * 1.1 * strand_highlight(normalize(t + n * 0.12), h, 22.0));
    float from_behind = max(dot(n, RIM_DIRECTION) + 0.3, 0.0);
    c += RIM * albedo * specular * 0.6 * strand_highlight(t, hr, 20.0) * from_behind;
  } else {
    float broad = ggx(n, v, key_direction, roughness), narrow = ggx(n, v, key_direction, roughness * 0.6);
    c += f0 * KEY * mix(broad, narrow, 0.3) * shade * 3.14159;
    c += f * RIM * 0.9 * rim * (max(dot(n, RIM_DIRECTION) + 0.1, 0.0) + max(dot(n, BACK_DIRECTION) + 0.1, 0.0));
    c += f0 * 3.14159 * FILL * ggx(n, v, FILL_DIRECTION, roughness);
  }
  if (gloss > 0.0) {
    vec3 r = reflect(-v, n);
    float window = softbox(r, normalize(key_direction + vec3(0.0, 0.08, 0.25)), 0.30, 0.06);
    float second = softbox(r, FILL_DIRECTION, 0.35, 0.15) * 0.12;
    c += gloss * (window * 1.5 + second) * (0.35 + 0.65 * shade) + gloss * fresnel * SKY * 0.35;
  }
  vec3 mapped = clamp(neutral_tonemap(c), 0.0, 1.0);
  vec3 bright = 1.055 * pow(max(mapped, vec3(1e-6)), vec3(1.0 / 2.4)) - 0.055;
  color = vec4(mix(mapped * 12.92, bright, step(0.0031308, mapped)), 1.0);
}
`;
