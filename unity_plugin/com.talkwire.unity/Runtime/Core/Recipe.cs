namespace Talkwire.Core
{
    /// <summary>What the vertices of a picture are made of, for who makes them elsewhere than in Player.Vertices: of a
    /// sum, or between two frames of q16. Views into the player's memory, until it is called again.</summary>
    public struct Recipe
    {
        public Head Head;

        /// <summary>Null: of two frames.</summary>
        public BasisSum Basis;

        /// <summary>Basis.CoefficientCount of them, and more behind.</summary>
        public float[] Coefficients;

        /// <summary>3 * VertexCount u16 each, and how far from one to the other.</summary>
        public Bytes Before, After;
        public float Share;
    }
}
