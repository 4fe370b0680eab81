using System.Text;
using Talkwire.Core;

namespace Talkwire.Tests
{
    public static class TopicTests
    {
        public static void A_topic_says_whose_and_what()
        {
            Topic topic;
            Check.Good(Topic.Split(Part("tw1/npc_2.left-door/frame/q16n\0body"), out topic));
            Check.Equal("npc_2.left-door", Encoding.ASCII.GetString(topic.Session.ToArray()));
            Check.Equal(Topic.Q16N, topic.Plane);
            Check.Equal(34, topic.Tag);
            Check.Equal("body", Encoding.ASCII.GetString(topic.Body.ToArray()));
        }

        public static void What_one_subscribes_to_is_what_messages_begin_with()
        {
            Check.Equal("tw1/nova/audio\0", Encoding.ASCII.GetString(Topic.Of("nova", Topic.Audio)));
        }

        public static void Everything_else_is_refused()
        {
            string longest = new string('n', 33);
            foreach (string part in new[]
            {
                "", "tw1/", "tw1/nova/audio", "tw1/nova/\0", "tw1//audio\0", "tw1/nova/sound\0", "tw1/nova/audio/\0",
                "tw1/.nova/audio\0", "tw1/no va/audio\0", "tw1/" + longest + "/audio\0", "xw1/nova/audio\0",
                new string('t', 100), "tw1/nova/" + new string('a', 60) + "\0",
            })
            {
                Topic topic;
                Check.Refused(Topic.Split(Part(part), out topic), "not a media message");
            }
        }

        public static void Frames_and_patches_come_by_the_motion_socket()
        {
            foreach (string plane in new[] { "mesh", "texture", "texture/bc1", "basis", "audio", "event" })
            {
                Check.That(!Topic.IsMotion(plane), plane);
            }
            foreach (string plane in new[]
            {
                "frame/f32", "frame/q16", "frame/q16n", "frame/delta8", "frame/basis", "frame/arkit", "viseme", "patch",
                "patch/bc1", "patch/rgb",
            })
            {
                Check.That(Topic.IsMotion(plane), plane);
            }
        }

        private static Bytes Part(string ascii)
        {
            return new Bytes(Encoding.ASCII.GetBytes(ascii));
        }
    }
}
