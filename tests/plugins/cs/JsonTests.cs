using System;
using Talkwire.Client;

namespace Talkwire.Tests
{
    public static class JsonTests
    {
        public static void What_is_written_is_read()
        {
            string text = new JsonWriter().Open('{').Key("a \"b\"\\").Value("\u00e9\n\u263a")
                .Key("n").Value(1700000000123456789).Key("x").Value(0.1).Key("tiny").Value(1.314618832418806e-309)
                .Key("list").Open('[').Value(true).Open('[').Close(']').Value(-1.0).Close(']')
                .Key("none").Value(double.NaN).Close('}').ToString();
            Json read = Json.Parse(text);
            Check.Equal("\u00e9\n\u263a", read["a \"b\"\\"].Text);
            Check.Equal(1700000000123456789, read["n"].Long);
            Check.Equal(0.1, read["x"].Double);
            Check.Equal(3, read["list"].Count);
            Check.That(read["list"][0].Bool && read["list"][1].Count == 0, text);
            Check.Equal(-1.0, read["list"][2].Double);
            Check.That(read["none"].IsNull && read["other"] == null, text);
        }

        public static void Space_escapes_and_exponents()
        {
            Json read = Json.Parse(" [ 1e3 ,\t-2.5E-1, \"\\u0041\\/\\t\", {} , [ ] , false ]\n");
            Check.Equal(1000.0, read[0].Double);
            Check.Equal(-0.25, read[1].Double);
            Check.Equal("A/\t", read[2].Text);
            Check.Equal(0, read[3].Count + read[4].Count);
            Check.That(read[5].Kind == JsonKind.Bool && !read[5].Bool, "false");
        }

        public static void What_is_no_json_is_refused()
        {
            foreach (string text in new[]
            {
                "", " ", "{", "[", "[1", "[1,]", "[1 2]",
                "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "nil", "tru", "NaN", "+1", "-", "1 2",
                "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\uzzzz\"", "]", new string('[', 100000),
            })
            {
                try
                {
                    Json.Parse(text);
                }
                catch (FormatException)
                {
                    continue;
                }
                Check.That(false, "read: " + text);
            }
        }
    }
}
