"""WeCom's archive of conversations (会话内容存档): the official way to read groups with residents. It only reads.

Facts: developer.work.weixin.qq.com/document/path/91774. **Not verified live**: tested with a stand-in for the native
library. Nothing is imported here, so that the child process, which runs the native library, stays small.
"""
