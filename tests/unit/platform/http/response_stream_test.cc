#include "platform/http/response_stream.h"

#include <gtest/gtest.h>

namespace ordersaga::http {
namespace {

ResponseStreamOptions Options() {
  ResponseStreamOptions options;
  options.goodbye = "bye";
  options.max_waiting = 8;
  return options;
}

TEST(ResponseStreamTest, GivesWhatWasWrittenAndThenTheEnd) {
  ResponseStream stream(Options());
  int ready = 0;
  stream.OnReady([&] { ++ready; });
  EXPECT_TRUE(stream.Write("ab"));
  EXPECT_TRUE(stream.Write("cd"));
  EXPECT_EQ(ready, 2);
  ResponseStream::Piece piece = stream.Take();
  EXPECT_EQ(piece.text, "abcd");
  EXPECT_FALSE(piece.last);
  stream.Write("e");
  stream.Close();
  piece = stream.Take();
  EXPECT_EQ(piece.text, "e");
  EXPECT_TRUE(piece.last);
  EXPECT_FALSE(stream.Write("too late"));
}

TEST(ResponseStreamTest, AClientThatDoesNotReadIsSentAway) {
  ResponseStream stream(Options());
  stream.Write("12345678");
  stream.Write("9");
  const ResponseStream::Piece piece = stream.Take();
  EXPECT_EQ(piece.text, "");
  EXPECT_TRUE(piece.last);
  EXPECT_FALSE(stream.Write("x"));
}

TEST(ResponseStreamTest, SaysGoodbyeWhenTheServerDrains) {
  ResponseStream stream(Options());
  stream.Drain();
  const ResponseStream::Piece piece = stream.Take();
  EXPECT_EQ(piece.text, "bye");
  EXPECT_TRUE(piece.last);
}

TEST(ResponseStreamTest, TellsItsWriterOnceThatNobodyReads) {
  ResponseStream stream(Options());
  int gone = 0;
  stream.OnEnd([&] { ++gone; });
  stream.End();
  stream.End();
  EXPECT_EQ(gone, 1);
  EXPECT_FALSE(stream.Write("x"));
  stream.OnEnd([&] { ++gone; });
  EXPECT_EQ(gone, 2) << "whoever asks late is told at once";
}

}  // namespace
}  // namespace ordersaga::http
